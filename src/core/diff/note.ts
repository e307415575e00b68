/** What a model says of a line of a hunk, after it was held against the hunk. */
export interface Note {
  /** Number of the line in the file before (`old`) or after (`new`) the change. */
  readonly line: number;
  readonly side: "old" | "new";
  readonly severity: "warning" | "info";
  readonly text: string;
  /** Who said it: `provider/model`. */
  readonly model: string;
}
