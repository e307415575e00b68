import type { ProjectWish } from "../core/project.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { RuleTest } from "../core/routing/rules/rule-test.ts";
import { validateWith } from "./layer.ts";
import type { ConfigProblem } from "./problem.ts";
import { rulesOf } from "./projects.ts";
import { checkProjectReferences } from "./references.ts";
import { ConfigSchema } from "./schema.ts";
import { ProjectFileSchema } from "./schema-projects.ts";
import { RoutingSchema } from "./schema-routing.ts";
import { ruleTestsOf } from "./schema-rules-tests.ts";
import type { Settings } from "./settings.ts";
import { formatPath, readYaml, type YamlSource } from "./yaml-source.ts";

/** The name of a project's own file. */
export const PROJECT_FILE = ".lodestar.yaml";
/** Far more than a person writes; it travels in one small request. UTF-16 code units. */
export const MOST_PROJECT_TEXT = 32_768;
const MOST_PROBLEMS = 10;
const MOST_SHOWN = 200;

/** A project's own file, well formed. Whether its names lead anywhere is for {@link checkProjectFile} to say. */
export interface ProjectFile {
  /** Null where the file gives none: then the folder does. */
  readonly name: string | null;
  readonly wish: ProjectWish;
  /** What `route test` holds against its rules; times without an offset are of this time zone (IANA). */
  readonly testsIn: (timeZone: string) => readonly RuleTest[];
  readonly place: YamlSource["place"];
  readonly origin: string;
}

/** What the file says is shown on a terminal: nothing of it may steer one, nor fill it. */
function shown(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  return plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN)}…` : plain;
}

/** What only the user's own configuration may set. */
function isOthers(path: string): boolean {
  const [section = "", name = ""] = path.split(".");
  if (section === "routing" && Object.hasOwn(RoutingSchema.wrapped.entries, name)) return true;
  return Object.hasOwn(ConfigSchema.entries, path) || path === "keepPrompts" || OTHERS_OF_RULES.test(path);
}

/** A project's rules are about its own requests for `auto`, and not about who asks. */
const OTHERS_OF_RULES = /^routing\.rules\[\d+\]\.(?:requested|when\.(?:key|project|header))$/;

function explained(problem: ConfigProblem): ConfigProblem {
  const told = { ...problem, path: shown(problem.path), message: shown(problem.message), fix: shown(problem.fix) };
  if (problem.code !== "unknown_key" || !isOthers(problem.path)) return told;
  const message = "may not be set by a project's own file, which anybody may have written";
  return { ...told, message, fix: "set it in your own configuration; lodestar config check names its file" };
}

function tooLarge(origin: string): ConfigProblem {
  const message = `is larger than ${MOST_PROJECT_TEXT} characters`;
  return {
    code: "unreadable",
    origin,
    line: 1,
    column: 1,
    path: "",
    message,
    fix: "leave out what a project can do without",
  };
}

/** Parses and validates the text of a project's own file, which is not trusted. Never throws. */
export function parseProjectFile(text: string, origin: string): Result<ProjectFile, readonly ConfigProblem[]> {
  if (text.length > MOST_PROJECT_TEXT) return failure([tooLarge(origin)]);
  const source = readYaml(text, origin);
  if (!source.ok) return failure(source.error.map(explained));
  const { value, place } = source.value;
  const parsed = validateWith(ProjectFileSchema, value, place);
  if (!parsed.ok) return failure(parsed.error.slice(0, MOST_PROBLEMS).map(explained));
  const { name = null, ...written } = parsed.value;
  const { keepsPrompts: _, ...wish } = rulesOf(written);
  const { tests } = written.routing ?? {};
  return success({ name, wish, testsIn: (timeZone) => ruleTestsOf(tests, timeZone), place, origin });
}

/** What is wrong with a well-formed project file under these settings: names that lead nowhere, or to what is not configured. */
export function checkProjectFile({ wish, place }: ProjectFile, settings: Settings): readonly ConfigProblem[] {
  return checkProjectReferences(wish, settings)
    .slice(0, MOST_PROBLEMS)
    .map(({ path, part = "value" as const, ...problem }) =>
      explained({ ...problem, ...place(path, part), path: formatPath(path) }),
    );
}
