import type { AnnotatedFile } from "../../../core/diff/annotate/annotate.ts";
import type { Note } from "../../../core/diff/note.ts";
import { isJsonObject, type JsonValue } from "../../../core/json.ts";
import type { ToolResults } from "../../../core/tool-results.ts";
import { digestOf } from "../../../host/digest.ts";
import { type Reviewer, withoutNotes } from "../annotated.ts";
import type { ShownFile, ShownHunk } from "../render.ts";
import { fingerprintOf } from "../report.ts";
import { type AskingParts, type AskingState, createAsking } from "./asking.ts";
import { type AskedHunk, askedHunk } from "./question.ts";

const MOST_HUNK_LINES = 300;
const MOST_GROUP_CHARS = 16_000;
const MOST_GROUP_HUNKS = 6;
const AT_ONCE = 4;
/** Hunks of less risk, and those that do nothing, are not worth a question. */
const LEAST_RISK = 15;
const QUIET: ReadonlySet<string> = new Set(["format", "comment", "docs", "generated", "import", "move", "rename"]);

function isWorthAsking({ hunk, annotation }: ShownHunk): boolean {
  return annotation.risk >= LEAST_RISK && !QUIET.has(annotation.intent) && hunk.lines.length <= MOST_HUNK_LINES;
}

function sizeOf({ lines }: AskedHunk): number {
  return lines.reduce((sum, { text }) => sum + text.length + 10, 0);
}

function groupsOf(hunks: readonly AskedHunk[]): readonly (readonly AskedHunk[])[] {
  const groups: AskedHunk[][] = [];
  let size = 0;
  for (const hunk of hunks) {
    size += sizeOf(hunk);
    const last = groups.at(-1);
    if (last === undefined || last.length >= MOST_GROUP_HUNKS || size > MOST_GROUP_CHARS) {
      groups.push([hunk]);
      size = sizeOf(hunk);
    } else last.push(hunk);
  }
  return groups;
}

/** Notes as they are kept: by the place of the line in the hunk, since the numbers change when the hunk moves. */
type KeptNote = {
  readonly at: number;
  readonly severity: Note["severity"];
  readonly text: string;
  readonly model: string;
};

function keptIn(value: JsonValue | null): readonly KeptNote[] | null {
  if (!Array.isArray(value)) return null;
  return value.flatMap((note): readonly KeptNote[] => {
    if (!isJsonObject(note) || typeof note.at !== "number" || typeof note.text !== "string") return [];
    const severity = note.severity === "info" ? "info" : "warning";
    return [{ at: note.at, severity, text: note.text, model: typeof note.model === "string" ? note.model : "" }];
  });
}

function notesOf({ lines }: AskedHunk, kept: readonly KeptNote[]): readonly Note[] {
  return kept.flatMap(({ at, ...note }) => {
    const cited = lines[at];
    return cited === undefined ? [] : [{ line: cited.line, side: cited.side, ...note }];
  });
}

/** What a reviewer needs. */
export interface ReviewerParts<Failure> extends AskingParts<Failure> {
  readonly results: ToolResults;
  /** Unix ms. */
  now(): number;
  /** Called before a model is asked about so many hunks; what it returns, after. */
  onAsk(hunks: number): () => void;
}

/** What came of a review so far. */
export interface ReviewState<Failure> extends AskingState<Failure> {
  /** Hunks that the model looked at, now or before, and those that were left to the rules. */
  reviewed: number;
  left: number;
}

/** Asks a model for notes: few, each on a line that is there, looked at twice, and never twice paid for. */
export function createReviewer<Failure>(parts: ReviewerParts<Failure>): {
  readonly review: Reviewer;
  readonly state: ReviewState<Failure>;
} {
  const { model, results, now } = parts;
  const asking = createAsking(parts);
  const state: ReviewState<Failure> = Object.assign(asking.state, { reviewed: 0, left: 0 });
  const keyOf = ({ path, shown }: AskedHunk): string =>
    digestOf(JSON.stringify([1, model, fingerprintOf(path, shown.hunk.lines)]));

  async function askAbout(
    group: readonly AskedHunk[],
  ): Promise<readonly (readonly [AskedHunk, readonly KeptNote[]])[]> {
    const told = await asking.remarksOn(group);
    if (told === null) {
      state.left += group.length;
      return [];
    }
    state.reviewed += group.length;
    return group.map((hunk, index) => {
      const notes = told.remarks
        .filter((remark) => remark.hunk === index)
        .map(({ at, severity, text }) => ({ at, severity, text, model: told.by }));
      results.save("diff-notes", keyOf(hunk), now(), notes);
      return [hunk, notes] as const;
    });
  }

  async function notesFor(wanted: readonly AskedHunk[]): Promise<ReadonlyMap<ShownHunk, readonly Note[]>> {
    const notes = new Map<ShownHunk, readonly Note[]>();
    const fresh: AskedHunk[] = [];
    for (const hunk of wanted) {
      const kept = keptIn(results.find("diff-notes", keyOf(hunk)));
      if (kept === null) fresh.push(hunk);
      else {
        notes.set(hunk.shown, notesOf(hunk, kept));
        state.reviewed += 1;
      }
    }
    if (fresh.length === 0) return notes;
    const done = parts.onAsk(fresh.length);
    try {
      const groups = groupsOf(fresh);
      for (let at = 0; at < groups.length; at += AT_ONCE) {
        const told = await Promise.all(groups.slice(at, at + AT_ONCE).map(askAbout));
        for (const [hunk, kept] of told.flat()) notes.set(hunk.shown, notesOf(hunk, kept));
      }
    } finally {
      done();
    }
    return notes;
  }

  async function review(annotated: readonly AnnotatedFile[]): Promise<readonly ShownFile[]> {
    const files = annotated.map(withoutNotes);
    const wanted = files.flatMap((file) => file.hunks.filter(isWorthAsking).map((hunk) => askedHunk(file, hunk)));
    const notes = await notesFor(wanted);
    return files.map(({ file, hunks }) => ({
      file,
      hunks: hunks.map((hunk) => ({ ...hunk, notes: notes.get(hunk) ?? [] })),
    }));
  }
  return { review, state };
}
