// biome-ignore lint/suspicious/noControlCharactersInRegex: colours, cursor moves and titles (ECMA-48) start with ESC.
const ESCAPES = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_])/g;

/** What a program wrote as plain lines: no escape sequences, and of a line that was drawn over only its last state. */
export function plainOutput(output: string): string {
  const text = output.replace(ESCAPES, "").replaceAll("\r\n", "\n");
  if (!text.includes("\r")) return text;
  return text
    .split("\n")
    .map((line) => line.slice(line.replace(/\r+$/, "").lastIndexOf("\r") + 1).replace(/\r+$/, ""))
    .join("\n");
}

/** The first and, mostly, the last lines of a long output, at most about `limit` characters; what is left out is counted. */
export function shortened(output: string, limit: number): string {
  if (output.length <= limit) return output;
  const head = output.slice(0, Math.floor(limit / 4));
  const tail = output.slice(output.length - Math.floor((limit * 3) / 4));
  const start = head.slice(0, head.lastIndexOf("\n") + 1);
  const end = tail.slice(tail.indexOf("\n") + 1);
  return `${start}[${output.length - start.length - end.length} characters left out]\n${end}`;
}
