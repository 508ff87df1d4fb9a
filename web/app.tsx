/** The application: what surrounds the pages. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { BrowserRouter } from "react-router";
import { createQueryClient } from "./data/query.ts";
import { Pages } from "./routes.tsx";
import { TextProvider } from "./text/use-text.tsx";
import { Notices } from "./ui/notices.tsx";
import { theme } from "./ui/theme.ts";

export function App() {
  const [queries] = useState(createQueryClient);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <TextProvider>
        <QueryClientProvider client={queries}>
          <BrowserRouter>
            <Notices />
            <Pages />
          </BrowserRouter>
        </QueryClientProvider>
      </TextProvider>
    </MantineProvider>
  );
}
