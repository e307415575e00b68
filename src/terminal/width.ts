/** Columns a text takes on a terminal: wide characters count two, combining marks and colour codes none. */
export function displayWidth(text: string): number {
  return Bun.stringWidth(text);
}

/** `text` followed by spaces up to `width` columns; longer text stays as it is. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** At most `width` columns of uncoloured `text`, with `…` as the last one where something was cut off. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return "";
  let kept = "";
  let used = 0;
  for (const { segment } of SEGMENTER.segment(text)) {
    const size = displayWidth(segment);
    if (used + size > width - 1) break;
    kept += segment;
    used += size;
  }
  return `${kept}…`;
}

/** Words broken over lines of at most `width` columns; a word longer than a line gets a line of its own. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
      continue;
    }
    line = longer;
  }
  return [...lines, line];
}
