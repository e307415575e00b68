import { editPath } from "../../core/repair/edit-path.ts";
import type { ShownFile } from "../../core/repair/prompt.ts";
import { importsOf, pathsNamed } from "../../core/repair/source-paths.ts";
import type { Project } from "./git.ts";
import type { Sandbox } from "./sandbox.ts";

/** How much is shown to a model: small local models read little. */
const MOST_FILES = 8;
const MOST_CHARACTERS = 32_000;
const LONGEST_FILE = 24_000;
/** A project of so few sources is shown whole where the output names none. */
const FEW_SOURCES = 6;
const SOURCE = /\.(py|[cm]?[jt]sx?|go|rs|java|kt|c|cc|cpp|cxx|h|hpp|vue|svelte)$/;
const ABSENT = /(^|\/)(node_modules|\.venv|venv|site-packages|dist-packages|\.git|target|vendor)\//;

/** Whose failure is shown, and what of it. */
export interface ShownContext {
  readonly project: Project;
  readonly sandbox: Sandbox;
  readonly command: readonly string[];
  readonly output: string;
  readonly allowTests: boolean;
  /** Removes secrets. A file that holds one is not shown: what a model would write back is not what is there. */
  redact(text: string): string;
}

/** The paths of the project that a name may mean: relative to the folder of the command, to the root, or a file's bare name. */
function resolveName(name: string, { project, sandbox }: ShownContext, known: ReadonlySet<string>): readonly string[] {
  const roots = [project.root, sandbox.root];
  const root = roots.find((folder) => name.startsWith(`${folder}/`));
  if (root !== undefined) return [name.slice(root.length + 1)];
  if (name.startsWith("/")) return [];
  const { within } = project;
  const direct = [within === "" ? name : `${within}/${name}`, name].filter((path) => known.has(path));
  if (direct.length > 0) return direct.slice(0, 1);
  const ends = sandbox.paths.filter((path) => path.endsWith(`/${name}`) && !ABSENT.test(path));
  return ends.length === 1 ? ends : [];
}

/** A module written with dots, as in `python -m unittest test_calc`. */
function moduleFiles(command: readonly string[]): readonly string[] {
  return command.filter((word) => /^[A-Za-z_][\w.]*$/.test(word)).map((word) => `${word.replaceAll(".", "/")}.py`);
}

function named(context: ShownContext, known: ReadonlySet<string>): readonly string[] {
  const names = [
    ...pathsNamed(context.output),
    ...pathsNamed(context.command.join(" ")),
    ...moduleFiles(context.command),
  ];
  const found = names
    .flatMap((name) => resolveName(name, context, known))
    .filter((path) => known.has(path) && !ABSENT.test(path));
  if (found.length > 0) return [...new Set(found)];
  const sources = context.sandbox.paths.filter((path) => SOURCE.test(path) && !ABSENT.test(path));
  return sources.length <= FEW_SOURCES ? sources : [];
}

/**
 * The files that a model is shown: those that the output and the command name, and what these import. Those that may be edited
 * come first; the others are to read only. What does not fit is left out.
 */
export function shownFiles(context: ShownContext): readonly ShownFile[] {
  const { sandbox, allowTests, redact } = context;
  const known = new Set(sandbox.paths);
  const texts = new Map<string, string>();
  const open = (path: string): string => {
    const text = texts.get(path) ?? sandbox.read(path);
    if (typeof text !== "string" || redact(text) !== text) return "";
    texts.set(path, text);
    return text;
  };
  const first = named(context, known);
  const imported = first
    .flatMap((path) => importsOf(path, open(path)))
    .filter((path) => known.has(path) && !ABSENT.test(path));
  const again = imported
    .flatMap((path) => importsOf(path, open(path)))
    .filter((path) => known.has(path) && !ABSENT.test(path));
  for (const path of [...imported, ...again]) open(path);
  const order = [...new Set([...first, ...imported, ...again])].filter((path) => texts.has(path));
  const files = order.map((path) => ({ path, text: texts.get(path) ?? "", isOpen: editPath(path, { allowTests }).ok }));
  return fitting([...files.filter(({ isOpen }) => isOpen), ...files.filter(({ isOpen }) => !isOpen)]);
}

function fitting(files: readonly ShownFile[]): readonly ShownFile[] {
  const shown: ShownFile[] = [];
  let size = 0;
  for (const file of files) {
    if (shown.length >= MOST_FILES || file.text.length > LONGEST_FILE || size + file.text.length > MOST_CHARACTERS)
      continue;
    shown.push(file);
    size += file.text.length;
  }
  return shown;
}
