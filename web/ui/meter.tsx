/** How much of something is taken. */
import style from "./meter.module.css";

interface MeterProps {
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly busy?: boolean;
}

export function Meter({ label, share, busy = false }: MeterProps) {
  const part = Math.min(1, Math.max(0, share));
  const tone = busy ? style["busy"] : part > 0.95 ? style["full"] : part > 0.85 ? style["high"] : "";
  return (
    <div
      className={style["meter"]}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
    >
      <div className={`${style["fill"]} ${tone}`} style={{ width: `${part * 100}%` }} />
    </div>
  );
}
