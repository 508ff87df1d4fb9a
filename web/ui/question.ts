export interface Question {
  readonly title: string;
  readonly warning: string;
  /** What the button says. */
  readonly action: string;
  /** What has to be typed first. */
  readonly name?: string;
  /** More to say about it. */
  readonly note?: string | undefined;
  confirm(): void;
}

export interface ConfirmProps {
  readonly question: Question | undefined;
  close(): void;
}
