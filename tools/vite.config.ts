/** The web interface's build, and its server for development, which hands the API's paths to a daemon. */
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { firstLoad } from "./first-load.ts";

/** Set by tools/dev.ts: the daemon to work on. */
const daemon = process.env["LODGE_DEV_DAEMON"];

const checkout = join(import.meta.dirname, "..");
const firstFiles = new Set([...firstLoad().files.keys()].map((file) => join(checkout, file)));

/**
 * What the first load has of libraries that come as one module with everything in it: which parts of those a
 * page draws is only known once what is unused is left out, so they are named. All other parts come later.
 */
const firstParts = [
  "react|react-dom|react-router|scheduler|use-sync-external-store|clsx|cookie|set-cookie-parser",
  "@tanstack/(?:react-query|query-core)",
  "@mantine/core/esm/(?:core|utils)",
  "@mantine/core/esm/components/(?:ActionIcon|Button|Checkbox|CloseButton|Input|InputBase|Loader|NativeSelect|TextInput|Transition|UnstyledButton)",
  "@mantine/hooks",
  "@tabler/icons-react/dist/esm/(?:createReactComponent|defaultAttributes)",
].join("|");

export default defineConfig({
  root: join(checkout, "web"),
  plugins: [react()],
  build: {
    outDir: process.env["LODGE_WEB_OUT"] ?? "dist",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    // A font or an icon inside a stylesheet would need a data: address, which the policy does not allow.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "ground", test: new RegExp(`node_modules/(?:${firstParts})/`) },
            { name: "first", test: (id) => firstFiles.has(id) },
            { name: "more", test: /node_modules\/(@mantine|@floating-ui|@tabler)\//, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    ...(daemon === undefined ? {} : { proxy: { "/v1": { target: daemon, ws: true, changeOrigin: false } } }),
  },
});
