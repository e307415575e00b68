/** Severity, lowest first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** A structured log. Every line passes the redactor before it is written. */
export interface Log {
  write(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
