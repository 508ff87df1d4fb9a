/** One row of the catalogue. */
export interface CatalogueEntry {
  /** HTTP status; 5xx means that Lodge or the host is at fault, 4xx that the request is. */
  readonly status: number;
  readonly message: string;
  /** What the user does next. Names the fix, not the cause. */
  readonly hint: string;
}
