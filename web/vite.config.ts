/** The web interface's build, and its server for development, which hands the API's paths to a daemon. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Set by tools/dev.ts: the daemon to work on. */
const daemon = process.env["LODGE_DEV_DAEMON"];

/** What the first page shows of Mantine; the rest comes with the pages that have it. */
const firstMantine =
  /node_modules\/(@mantine\/(core|hooks)|@floating-ui|clsx|@tabler)\/(?!.*\/(NumberInput|Combobox|Select|Radio|Textarea|Mark|Highlight|Table|SegmentedControl|Modal|ModalBase|Drawer|Kbd|FocusTrap|PasswordInput)\/)/;

export default defineConfig({
  root: import.meta.dirname,
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
        // What nearly every page needs is one file: else it would be twenty small ones.
        codeSplitting: {
          groups: [
            {
              name: "ground",
              test: /node_modules\/(react|react-dom|react-router|scheduler|@tanstack\/(?!.*virtual).*)\//,
            },
            { name: "mantine", test: firstMantine, minShareCount: 2 },
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
