/**
 * Whose screen this is, when and from where, faintly all over the picture: whoever takes a photograph of it is in it. It hides
 * nothing, and takes no click.
 */
import { dayAndTime } from "../../text/soon.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { useNow } from "../../ui/time.tsx";
import style from "./watermark.module.css";

interface WatermarkProps {
  readonly user: string;
  readonly address: string | undefined;
}

const minute = 60_000;
const rows = 9;

export function Watermark({ user, address }: WatermarkProps) {
  const { language } = useLanguage();
  const now = Math.floor(useNow() / minute) * minute;
  const at = dayAndTime(new Date(now).toISOString(), language);
  const mark = [user, at, address].filter((part) => part !== undefined).join("  ·  ");
  return (
    <div className={style["watermark"]} aria-hidden data-watermark>
      {Array.from({ length: rows }, (_, row) => (
        <p key={row}>{`${mark}      `.repeat(8)}</p>
      ))}
    </div>
  );
}
