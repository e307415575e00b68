import type { EncodeTarget } from "../dialect.ts";

/**
 * What a model behind the Messages format understands, as far as it can be told from its name. Every Claude release narrowed or
 * widened the request: https://platform.claude.com/docs/en/about-claude/models (release notes of 4.1, 4.5, 4.6, 4.7 and 4.8).
 */
interface ModelTraits {
  /** `output_config.format` with a JSON schema: Opus 4.1, Sonnet 4.5 and later. */
  readonly hasJsonSchema: boolean;
  /** `thinking: {type: "adaptive"}` with `output_config.effort`: 4.6 and later. */
  readonly hasAdaptiveThinking: boolean;
  /** `thinking: {type: "enabled", budget_tokens}`: refused from 4.7 on. */
  readonly hasThinkingBudget: boolean;
  /** `output_config.effort`: Opus 4.5, then 4.6 and later. */
  readonly hasEffort: boolean;
  /** Effort `xhigh`: 4.7 and later. */
  readonly hasExtraHighEffort: boolean;
  /** `temperature`, `top_p` and `top_k`: refused from 4.7 on. */
  readonly hasSampling: boolean;
  /** `temperature` and `top_p` together: refused from 4.1 on. */
  readonly hasBothTemperatureAndTopP: boolean;
  /** `role: "system"` inside `messages`, after a user turn: 4.8 and later. */
  readonly hasSystemInMessages: boolean;
}

const NEW_NAME = /claude-[a-z]+-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/;
const OLD_NAME = /claude-(\d)(?:[-.](\d))?(?!\d)/;
const UNVERSIONED_OLD_NAME = /claude-(?:v\d|instant)/;

/** The version in a Claude model's name (`claude-sonnet-4-5-20250929` is 4.5), Infinity for a Claude without one, undefined for others. */
export function claudeVersion(model: string): number | undefined {
  if (!model.includes("claude")) return undefined;
  const match = NEW_NAME.exec(model) ?? OLD_NAME.exec(model);
  if (match !== null) return Number(match[1]) + Number(match[2] ?? 0) / 100;
  return UNVERSIONED_OLD_NAME.test(model) ? 2 : Number.POSITIVE_INFINITY;
}

function version(major: number, minor: number): number {
  return major + minor / 100;
}

/** The traits of a target; a model that is not Claude gets the common core of the hosts that speak this format. */
export function traitsOf(target: Pick<EncodeTarget, "model">): ModelTraits {
  const known = claudeVersion(target.model);
  const isAtLeast = (major: number, minor: number) => known !== undefined && known >= version(major, minor);
  return {
    hasJsonSchema: isAtLeast(4, 1),
    hasAdaptiveThinking: isAtLeast(4, 6),
    hasThinkingBudget: !isAtLeast(4, 7),
    hasEffort: isAtLeast(4, 6) || /opus-4[-.]5/.test(target.model),
    hasExtraHighEffort: isAtLeast(4, 7),
    hasSampling: !isAtLeast(4, 7),
    hasBothTemperatureAndTopP: !isAtLeast(4, 1),
    hasSystemInMessages: isAtLeast(4, 8),
  };
}
