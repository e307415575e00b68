import type { Database } from "bun:sqlite";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { NO_WISH } from "../../core/project.ts";
import type { ProjectReader, ProjectStore, StoredProject } from "../ports.ts";
import type { Bindings } from "./bindings.ts";

interface StoredRow {
  readonly name: string;
  readonly folder: string;
  readonly wish: string;
  readonly created_at: number;
  readonly updated_at: number;
}

const LIST = "SELECT name, folder, wish, created_at, updated_at FROM projects ORDER BY name";
const SAVE = `
INSERT INTO projects (name, folder, wish, created_at, updated_at) VALUES ($name, $folder, $wish, $createdAt, $updatedAt)
ON CONFLICT (name) DO UPDATE SET folder = excluded.folder, wish = excluded.wish, updated_at = excluded.updated_at`;
const REMOVE = "DELETE FROM projects WHERE name = $name";

/**
 * Only this store writes the column, from a checked wish; what an older version did not know yet asks for nothing, and a row
 * that somebody else spoilt is left out.
 */
function toProject(row: StoredRow): readonly StoredProject[] {
  const wish = parseJson(row.wish);
  if (!isJsonObject(wish)) return [];
  const { name, folder, created_at: createdAt, updated_at: updatedAt } = row;
  return [{ name, folder, wish: { ...NO_WISH, ...wish }, createdAt, updatedAt }];
}

/** The reading half of the project store. Closing it closes the handle. */
export function createProjectReader(database: Database): ProjectReader {
  const list = database.query<StoredRow, []>(LIST);
  return { list: () => list.all().flatMap(toProject), close: () => database.close() };
}

/** Known projects on SQLite: one handle, each change committed at once. */
export function createSqliteProjectStore(database: Database): ProjectStore {
  const save = database.query<unknown, [Bindings]>(SAVE);
  const remove = database.query<unknown, [Bindings]>(REMOVE);
  return {
    ...createProjectReader(database),
    save: ({ wish, ...project }) => {
      save.run({ ...project, wish: JSON.stringify(wish) });
    },
    remove: (name) => remove.run({ name }).changes === 1,
  };
}
