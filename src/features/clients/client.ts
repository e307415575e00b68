import type { JsonValue } from "../../core/json.ts";
import type { CatalogueModel } from "./catalogue.ts";
import type { FormatName } from "./formats/format.ts";
import type { Path } from "./tree.ts";

/** The wire format in which a client asks. */
export type ClientDialect = "openai-chat" | "openai-responses" | "anthropic" | "gemini";

/** For all of a user's work, or for the folder they stand in. */
export type Scope = "global" | "project";

/** Variables of the process by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Where a client looks for its files. */
export interface Place {
  readonly home: string;
  readonly cwd: string;
  readonly environment: Variables;
  readonly platform: NodeJS.Platform;
}

/** What a client is pointed at. */
export interface Target {
  /** The API URL without `/v1` and without a slash at its end. */
  readonly baseUrl: string;
  /** A client key of Lodestar's; null while none was created, when any word serves. */
  readonly key: string | null;
  /** The model asked for by default; null keeps the client's own names. */
  readonly model: string | null;
  readonly models: readonly CatalogueModel[];
  /** Headers for attribution that the client shall send, where it can. */
  readonly headers: Readonly<Record<string, string>>;
  /** When this was first set up, ISO 8601. */
  readonly since: string;
}

/** One thing that Lodestar writes into a client's file. */
export interface Entry {
  readonly path: Path;
  readonly value: JsonValue;
  /** Nobody else writes here, so undoing removes it even if its inside was changed. */
  readonly isOurs?: true;
  /** Only written where there is nothing yet. */
  readonly isDefault?: true;
}

/** One file of a client and Lodestar's part of it. */
export interface ClientFile {
  /** Absolute. */
  readonly path: string;
  readonly format: FormatName;
  readonly entries: readonly Entry[];
  /** The entries hold a client key, so nobody else may read the file. */
  readonly isSecret: boolean;
}

/** A file of a launch, relative to its own folder. */
export interface LaunchFile {
  readonly name: string;
  readonly text: string;
}

/** How one run of a client is pointed at Lodestar without touching its settings. */
export interface LaunchPlan {
  /** Before the user's own arguments. */
  readonly args: readonly string[];
  /** Null takes a variable away. */
  readonly environment: Readonly<Record<string, string | null>>;
  readonly files: readonly LaunchFile[];
  /** The user's own folder whose other content appears in the launch folder under `name`, by links. */
  readonly mirror?: { readonly from: string; readonly name: string };
}

/** A coding tool that `lodestar setup` knows: one declaration, no code that touches the disk. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly dialect: ClientDialect;
  /** Its command. */
  readonly program: string;
  /** How to install it. */
  readonly install: string;
  readonly scopes: readonly Scope[];
  /** A folder that only exists where it is used, for tools that are no command; absolute. */
  trace(place: Place): string;
  /** Names that it takes for choices of its own, and never sends. */
  readonly ownNames?: readonly string[];
  /** The model when the user names none; null keeps the client's own names. */
  defaultModel(models: readonly CatalogueModel[]): string | null;
  /** May read what is there through `exists`, to choose between file names. */
  files(target: Target, place: Place, scope: Scope, exists: (path: string) => boolean): readonly ClientFile[];
  /** What a person must know afterwards, a sentence each. */
  notes(target: Target, scope: Scope): readonly string[];
  /** Null where it cannot be run with temporary settings. `folder` is the launch's own, absolute. */
  launch(target: Target, place: Place, folder: string, read: (path: string) => string | null): LaunchPlan | null;
}

/** The word sent as a key while Lodestar asks for none: it is never passed on. */
export const ANY_KEY = "any";

/** The variable from which clients that can read one take the key, so that no file holds it. */
export const KEY_VARIABLE = "LODESTAR_API_KEY";
