/**
 * What holds for the requests of one project, on top of the user's configuration. Aliases and chains come before the
 * user's own of the same name.
 */
export interface ProjectRules {
  readonly aliases: Readonly<Record<string, string>>;
  readonly chains: Readonly<Record<string, readonly string[]>>;
  /** Models the project may use, as patterns (`ollama/*`); empty means all. A key's own list counts too. */
  readonly models: readonly string[];
  /** Tag of its requests that state none. */
  readonly tag: string | null;
  /** Whether answers may be cached; null follows the user's configuration. */
  readonly cache: boolean | null;
  /** Whether prompts may be stored for its history: off unless the user's own file says otherwise. */
  readonly keepsPrompts: boolean;
}
