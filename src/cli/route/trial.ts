import type { ProjectFile } from "../../config/project-file.ts";
import type { JsonObject } from "../../core/json.ts";
import type { DialectName } from "../../core/request.ts";
import type { Result } from "../../core/result.ts";
import type { GivenFacts } from "../../core/routing/rules/given-facts.ts";
import type { RuleTest } from "../../core/routing/rules/rule-test.ts";
import type { RuleVerdict } from "../../core/routing/rules/verdict.ts";
import type { CliProblem } from "../../terminal/problem.ts";

/** The project of the folder, by its own file. */
export interface TrialProject extends Pick<ProjectFile, "wish" | "testsIn"> {
  readonly name: string;
}

/** What rules are asked about: stated facts, over those of a request where there is one. */
export interface TrialAsk {
  readonly given: GivenFacts;
  readonly body: JsonObject | null;
  /** What the body is written in; null where its fields tell. */
  readonly dialect: DialectName | null;
}

/** What the rules say, and where it leads. */
export interface TrialSay {
  readonly verdict: RuleVerdict;
  readonly requested: string;
  /** That name means `auto`. */
  readonly isAuto: boolean;
  /** `provider/model` of all that would be tried; where the policy chooses, of all that it chooses from. */
  readonly targets: readonly string[];
}

/** The rules of a configuration, to be tried. */
export interface RulesTrial {
  /** Those of the configuration, then those of the project's file. */
  readonly tests: readonly RuleTest[];
  /** Of every rule. */
  readonly names: readonly string[];
  readonly timeZone: string;
  ask(asked: TrialAsk): Result<TrialSay, CliProblem>;
  close(): void;
}
