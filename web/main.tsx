import "./data/link-code.ts";
import "./data/provider.ts";
import "./ui/mantine.css";
import "./ui/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";

createRoot(document.getElementById("root")!).render(<App />);
