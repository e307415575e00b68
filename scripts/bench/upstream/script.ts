/** What the fake upstream is told to do; the words stand anywhere in the first part of a request's body. */
export type Script =
  /** One whole reply. */
  | { readonly kind: "json" }
  /** A stream of so many content events; 0 ms between them is a burst, one write each as fast as they are taken. */
  | { readonly kind: "sse"; readonly events: number; readonly intervalMs: number }
  /** A stream of so many MiB in large events, for readers who are slower than that. */
  | { readonly kind: "bulk"; readonly mebibytes: number }
  /** No answer at all. */
  | { readonly kind: "hang" };

/** A script with the mark by which the upstream reports that its caller left. */
export interface Order {
  readonly script: Script;
  readonly mark: string;
}

const WORDS = /script:(json|hang|bulk-(\d+)|sse-(\d+)-(\d+))(?:#([\w-]+))?/;

/** The words for a script, to be put into a prompt. */
export function scriptWords(script: Script, mark = ""): string {
  const suffix = mark === "" ? "" : `#${mark}`;
  switch (script.kind) {
    case "sse":
      return `script:sse-${script.events}-${script.intervalMs}${suffix}`;
    case "bulk":
      return `script:bulk-${script.mebibytes}${suffix}`;
    default:
      return `script:${script.kind}${suffix}`;
  }
}

/** The order in a request's text; a whole reply when it holds none. */
export function orderIn(text: string): Order {
  const [, words = "json", mebibytes, events, intervalMs, mark = ""] = WORDS.exec(text) ?? [];
  if (words === "hang") return { script: { kind: "hang" }, mark };
  if (mebibytes !== undefined) return { script: { kind: "bulk", mebibytes: Number(mebibytes) }, mark };
  if (events === undefined) return { script: { kind: "json" }, mark };
  return { script: { kind: "sse", events: Number(events), intervalMs: Number(intervalMs) }, mark };
}
