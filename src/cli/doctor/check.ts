/** One thing the doctor looked at. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "info" | "warning" | "bad";
  readonly message: string;
  readonly fix: string | null;
  /** How `--fix` mends it; only where nothing can be lost by that. */
  readonly repair?: Repair;
}

/** Something that `--fix` may do after it asked. */
export interface Repair {
  /** What it does, after "Shall I". */
  readonly what: string;
  run(): void | Promise<void>;
}

/** A line of the doctor. */
export function check(
  name: string,
  state: Check["state"],
  message: string,
  fix: string | null = null,
  repair?: Repair,
): Check {
  return { name, state, message, fix, ...(repair === undefined ? {} : { repair }) };
}
