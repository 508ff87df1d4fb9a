/** The application: what surrounds the pages, and which page is where. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { RouterProvider } from "react-router/dom";
import { createQueryClient } from "./data/query.ts";
import { router } from "./routes.tsx";
import { TextProvider } from "./text/use-text.tsx";
import { Notices } from "./ui/notices.tsx";
import { theme } from "./ui/theme.ts";

export function App() {
  const [queries] = useState(createQueryClient);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <TextProvider>
        <QueryClientProvider client={queries}>
          <Notices />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </TextProvider>
    </MantineProvider>
  );
}
