/** One record of a CSV file, with the line (from 1) that it begins on. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** A file that is no CSV (RFC 4180): the message says where and what was seen. */
export class CsvError extends Error {
  override readonly name = "CsvError";
}

/** More than any record of numbers: beyond it the file is something else, and must not fill the memory. */
const MOST_RECORD_CHARS = 1_000_000;

const NEW_LINE = "\n";

/** The fields of one record whose quotes are balanced. */
function splitRecord(text: string, line: number): readonly string[] {
  if (!text.includes('"')) return text.split(",");
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const isQuoted = text[at] === '"';
    const end = isQuoted ? closingQuote(text, at + 1) + 1 : nextComma(text, at);
    const raw = isQuoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end);
    if (!isQuoted && raw.includes('"'))
      throw new CsvError(`line ${line}: a quote inside a field that does not begin with one`);
    if (end < text.length && text[end] !== ",") {
      throw new CsvError(`line ${line}: "${text.slice(end, end + 10)}" after a closing quote, where a comma must come`);
    }
    fields.push(raw);
    if (end >= text.length) return fields;
    at = end + 1;
  }
}

function nextComma(text: string, from: number): number {
  const comma = text.indexOf(",", from);
  return comma < 0 ? text.length : comma;
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); ; at = text.indexOf('"', at + 2)) {
    if (at < 0) return text.length;
    if (text[at + 1] !== '"') return at;
  }
}

function quotesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count += 1;
  return count;
}

/** Lines of text, without their ends, as many at once as bytes came in; refuses what is no text. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of chunks) {
    rest += decodeText(decoder, chunk);
    if (rest.includes("\u0000")) throw new CsvError("it holds bytes that no text has: a binary file");
    const lines = rest.split(NEW_LINE);
    rest = lines.pop() ?? "";
    yield lines;
    if (rest.length > MOST_RECORD_CHARS) throw new CsvError("a line is longer than a million characters");
  }
  rest += decodeText(decoder, null);
  if (rest !== "") yield [rest];
}

function decodeText(decoder: TextDecoder, chunk: Uint8Array | null): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new CsvError("it is no UTF-8 text: a binary file, or one in another encoding (save it as UTF-8)");
  }
}

/** Puts lines together to records: a quoted field may hold line ends. */
interface RecordReader {
  /** The record that a line ends, if it ends one that is not empty. */
  take(text: string): CsvRecord | null;
  /** Throws where a quoted field was never closed. */
  end(): void;
}

function createRecordReader(): RecordReader {
  let [line, began] = [0, 1];
  let open: string[] = [];
  let openChars = 0;
  function end(): void {
    if (open.length > 0) throw new CsvError(`line ${began}: a quoted field is never closed`);
  }
  return {
    end,
    take(text) {
      line += 1;
      const isTurning = quotesIn(text) % 2 === 1;
      const isOpen = isTurning ? open.length === 0 : open.length > 0;
      if (open.length === 0) began = line;
      if (isOpen || isTurning) {
        open.push(text);
        openChars += text.length;
        if (openChars > MOST_RECORD_CHARS) end();
      }
      if (isOpen) return null;
      const record = open.length === 0 ? text : open.join(NEW_LINE);
      [open, openChars] = [[], 0];
      const whole = record.endsWith("\r") ? record.slice(0, -1) : record;
      return whole.trim() === "" ? null : { line: began, fields: splitRecord(whole, began) };
    },
  };
}

/**
 * The records of a CSV file (RFC 4180) as its bytes come, as many at once as there are, so that a file of any size takes little
 * memory. Line ends may be LF or CRLF, a byte order mark is left out, empty lines are skipped. Throws a {@link CsvError}.
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly CsvRecord[]> {
  const reader = createRecordReader();
  for await (const lines of linesOf(chunks)) {
    yield lines.map((text) => reader.take(text)).filter((record) => record !== null);
  }
  reader.end();
}
