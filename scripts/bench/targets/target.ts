/** Something that requests are sent to: a proxy, or the upstream itself. */
export interface Target {
  readonly name: TargetName;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  /** The process that is measured; null where nothing stands between. */
  readonly pid: number | null;
  /** It fails at streams on this machine, so it is measured with whole replies alone. */
  readonly isWithoutStreams?: boolean;
  stop(): Promise<void>;
}

/** Who takes part. */
export type TargetName = "direct" | "hono" | "nginx" | "portkey" | "lodestar";

/** A peer that cannot take part, and why. */
export interface Absent {
  readonly name: TargetName;
  readonly reason: string;
}
