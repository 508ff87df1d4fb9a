/** A recording with what it is played by: play and pause, speed, a bar to seek in, and keys. */
import { ActionIcon, Button, Switch } from "@mantine/core";
import { IconMaximize, IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { LodgeError } from "#contract/errors";
import type { RecordingSource } from "#contract/recording/scan";
import { errorOf } from "../../data/api.ts";
import { clock } from "../../text/clock.ts";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Playback, type PlaybackState } from "./playback.ts";
import style from "./player.module.css";
import { RecordedScreen } from "./screen.ts";

const speeds = [1, 2, 4, 8, 16] as const;
const step = 5_000;

interface PlayerProps {
  readonly source: RecordingSource;
  /** What is played, for who hears the page. */
  readonly name: string;
}

export function Player({ source, name }: PlayerProps) {
  const t = useText().recordings;
  const whole = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const playback = useRef<Playback>(undefined);
  const [state, setState] = useState<PlaybackState>();
  /** Can it be played? Its first picture is told of before that. */
  const [ready, setReady] = useState(false);
  const [error, setError] = useState<LodgeError>();
  const [attempt, setAttempt] = useState(0);
  const [speed, setSpeed] = useState(1);
  const [skips, setSkips] = useState(false);

  useEffect(() => {
    if (!canvas.current) return undefined;
    let closed = false;
    const failed = (reason: unknown) => closed || setError(errorOf(reason));
    const screen = new RecordedScreen(canvas.current);
    Playback.open({ source, screen, turned: (next) => closed || setState(next), failed }).then((opened) => {
      if (closed) return opened.close();
      opened.speed = speed;
      opened.skipsPauses = skips;
      playback.current = opened;
      setReady(true);
    }, failed);
    return () => {
      closed = true;
      playback.current?.close();
      playback.current = undefined;
      setReady(false);
    };
    // Speed and pauses are told to the playback as they change.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [source, attempt]);

  function again(): void {
    setError(undefined);
    setState(undefined);
    setAttempt(attempt + 1);
  }
  function choose(next: number): void {
    setSpeed(next);
    if (playback.current) playback.current.speed = next;
  }
  function toggle(): void {
    if (playback.current?.playing) playback.current.pause();
    else void playback.current?.play();
  }
  const seek = (time: number) => void playback.current?.seek(time);

  function onKey(event: KeyboardEvent): void {
    const { time = 0, duration = 0 } = playback.current ?? {};
    const rank = speeds.indexOf(speed as (typeof speeds)[number]);
    const acts: Readonly<Record<string, () => void>> = {
      " ": toggle,
      k: toggle,
      ArrowLeft: () => seek(time - step),
      ArrowRight: () => seek(time + step),
      Home: () => seek(0),
      End: () => seek(duration),
      ">": () => choose(speeds[Math.min(rank + 1, speeds.length - 1)]!),
      "<": () => choose(speeds[Math.max(rank - 1, 0)]!),
      f: () => void whole.current?.requestFullscreen(),
    };
    const act = acts[event.key];
    // A button takes the space by itself.
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    if (
      event.key === " " &&
      event.target instanceof HTMLElement &&
      event.target.closest("button, [role=switch]")
    )
      return;
    event.preventDefault();
    act();
  }

  if (error) return <Failure error={error} retry={again} />;
  const { time = 0, duration = 0, playing = false, away = false } = state ?? {};
  return (
    <div ref={whole} className={style["player"]} onKeyDown={onKey} role="group" aria-label={name}>
      <div className={style["frame"]}>
        <canvas ref={canvas} className={style["screen"]} role="img" aria-label={t.picture(clock(time))} />
        {!ready && (
          <div className={style["over"]}>
            <Loading />
          </div>
        )}
        {away && <p className={style["away"]}>{t.away}</p>}
      </div>
      <div className={style["bar"]}>
        <ActionIcon
          size="lg"
          variant="filled"
          disabled={!ready}
          aria-label={playing ? t.pause : t.play}
          onClick={toggle}
        >
          {playing ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
        </ActionIcon>
        <input
          className={style["seek"]}
          type="range"
          min={0}
          max={duration}
          step={100}
          value={time}
          disabled={!ready}
          aria-label={t.seek}
          aria-valuetext={`${clock(time)} / ${clock(duration)}`}
          onChange={(event) => seek(Number(event.currentTarget.value))}
        />
        <span className={style["time"]}>
          {clock(time)} / {clock(duration)}
        </span>
        <div className={style["rest"]}>
          <div role="group" aria-label={t.speed} className={style["speeds"]}>
            {speeds.map((each) => (
              <Button
                key={each}
                size="compact-xs"
                variant={each === speed ? "filled" : "default"}
                aria-pressed={each === speed}
                onClick={() => choose(each)}
              >
                {each}×
              </Button>
            ))}
          </div>
          <Switch
            size="xs"
            label={t.skipPauses}
            checked={skips}
            onChange={({ currentTarget: { checked } }) => {
              setSkips(checked);
              if (playback.current) playback.current.skipsPauses = checked;
            }}
          />
          <ActionIcon
            size="lg"
            variant="default"
            aria-label={t.fullScreen}
            onClick={() => void whole.current?.requestFullscreen()}
          >
            <IconMaximize size={16} />
          </ActionIcon>
        </div>
      </div>
    </div>
  );
}
