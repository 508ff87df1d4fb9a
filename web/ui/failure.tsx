/** An error in the catalogue's words: what is wrong, what to do next, and the detail for whoever looks deeper. */
import { Button } from "@mantine/core";
import { LodgeError, type Problem } from "#contract/errors";
import { useText } from "../text/use-text.tsx";
import style from "./failure.module.css";

interface FailureProps {
  readonly error: LodgeError | Problem;
  readonly retry?: () => void;
}

export function Failure({ error, retry }: FailureProps) {
  const text = useText();
  const { message, hint, detail } = error instanceof LodgeError ? error : LodgeError.fromProblem(error);
  return (
    <div className={style["failure"]} role="alert">
      <p className={style["message"]}>{message}</p>
      <p className={style["hint"]}>{hint}</p>
      {detail !== undefined && detail !== "" && (
        <details>
          <summary>{text.common.details}</summary>
          <pre className={style["detail"]} tabIndex={0}>
            {detail}
          </pre>
        </details>
      )}
      {retry && (
        <div>
          <Button variant="default" mt="xs" onClick={retry}>
            {text.common.retry}
          </Button>
        </div>
      )}
    </div>
  );
}
