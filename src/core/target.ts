/** Where an attempt goes: never a bare model name, since the same name at two providers must not collide. */
export interface Target {
  readonly provider: string;
  /** The account's id within its provider; `default` where there is one key only, `client` for a passed-through credential. */
  readonly account: string;
  /** The model's name at that provider. */
  readonly model: string;
}

/** `provider/model`, as a person writes it. */
export function targetName(target: Pick<Target, "provider" | "model">): string {
  return `${target.provider}/${target.model}`;
}
