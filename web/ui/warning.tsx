/** A line about the whole page that its reader has to know. */
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import style from "./warning.module.css";

export const Warning = ({ children }: { readonly children: ReactNode }) => (
  <div className={style["warning"]} role="status">
    <IconAlertTriangle size={16} aria-hidden />
    <div>{children}</div>
  </div>
);
