import type { Settings } from "../config/settings.ts";
import type { Budget } from "../core/budget/budget.ts";
import type { Directory } from "../core/directory.ts";
import { mergeProject, type Project, type ProjectWish, projectDirectory } from "../core/project.ts";
import { failure, type Result, success } from "../core/result.ts";
import type { ProjectStore, StoredProject } from "../stores/ports.ts";

/** What holds for the requests of a project, and where their names are looked up. */
export interface ProjectView {
  readonly project: Project;
  readonly directory: Directory;
}

/** Why a project cannot be made known as it is. */
export type ProjectConflict =
  /** Another folder has this name. */
  | { readonly kind: "name-taken"; readonly folder: string }
  /** This folder is known by another name, under which the user may have set rules and budgets. */
  | { readonly kind: "renamed"; readonly name: string }
  | { readonly kind: "too-many"; readonly most: number }
  /** The store cannot be used: nothing is kept. */
  | { readonly kind: "no-store" };

/** A project as a command tells it. */
export interface ProjectNews {
  readonly name: string;
  readonly folder: string;
  readonly wish: ProjectWish;
  /** Take the name from another folder, and this folder's other name away. */
  readonly isReplacing: boolean;
}

/** The projects of this process: what the user's configuration and their own files say of them. */
export interface ProjectBook {
  /** What holds for requests of this project; null where nothing is said of it. */
  viewOf(name: string | null): ProjectView | null;
  /** Everything that is said of a project, merged; with nothing said it holds nothing. */
  projectOf(name: string): Project;
  /** Projects whose own file was made known, by name. */
  known(): readonly StoredProject[];
  /** The budgets of all projects, each with the project as its scope. */
  budgets(): readonly Budget[];
  tell(news: ProjectNews): Result<"new" | "changed" | "unchanged", ProjectConflict>;
  /** False when it was not known. */
  forget(name: string): boolean;
  close(): void;
}

/** What a book is made on. */
export interface ProjectParts {
  /** Null where its file cannot be used: then only the user's configuration counts. */
  readonly store: ProjectStore | null;
  readonly settings: () => Settings;
  readonly directory: () => Directory;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Each known project takes some memory at every start; nobody has so many. */
const MOST_PROJECTS = 1_000;

function isSame(known: StoredProject | undefined, { folder, wish }: ProjectNews): boolean {
  return known !== undefined && known.folder === folder && JSON.stringify(known.wish) === JSON.stringify(wish);
}

/** What stands in the way of news, or null. */
function conflictOf(news: ProjectNews, known: ReadonlyMap<string, StoredProject>): ProjectConflict | null {
  const namesake = known.get(news.name);
  if (!news.isReplacing && namesake !== undefined && namesake.folder !== news.folder) {
    return { kind: "name-taken", folder: namesake.folder };
  }
  const other = [...known.values()].find(({ name, folder }) => folder === news.folder && name !== news.name);
  if (!news.isReplacing && other !== undefined) return { kind: "renamed", name: other.name };
  const isFull = namesake === undefined && known.size >= MOST_PROJECTS;
  return isFull ? { kind: "too-many", most: MOST_PROJECTS } : null;
}

/** What was worked out under one configuration and one set of known projects. */
interface Worked {
  readonly settings: Settings;
  readonly projects: Map<string, Project>;
  readonly views: Map<string, ProjectView & { readonly base: Directory }>;
  budgets: readonly Budget[] | null;
}

/** The reading half of a book: merges once, until the configuration or `known` changes. */
function createViews(
  known: ReadonlyMap<string, StoredProject>,
  { settings, directory }: Pick<ProjectParts, "settings" | "directory">,
): Pick<ProjectBook, "viewOf" | "projectOf" | "budgets"> & { readonly changed: () => void } {
  let worked: Worked | null = null;

  function current(): Worked {
    const inForce = settings();
    if (worked?.settings !== inForce) {
      worked = { settings: inForce, projects: new Map(), views: new Map(), budgets: null };
    }
    return worked;
  }

  function isSaid(name: string): boolean {
    return known.has(name) || Object.hasOwn(settings().projects, name);
  }

  function projectOf(name: string): Project {
    const { projects } = current();
    const found = projects.get(name);
    if (found !== undefined) return found;
    const own = Object.hasOwn(settings().projects, name) ? settings().projects[name] : undefined;
    const project = mergeProject(name, own ?? null, known.get(name)?.wish ?? null);
    // Only names that somebody set up are kept: a client may make up any number.
    if (isSaid(name)) projects.set(name, project);
    return project;
  }

  return {
    projectOf,
    viewOf(name) {
      if (name === null || !isSaid(name)) return null;
      const { views } = current();
      const base = directory();
      const found = views.get(name);
      if (found?.base === base) return found;
      const project = projectOf(name);
      const view = { project, directory: projectDirectory(base, project), base };
      views.set(name, view);
      return view;
    },
    budgets() {
      const work = current();
      if (work.budgets === null) {
        const names = new Set([...Object.keys(work.settings.projects), ...known.keys()]);
        work.budgets = [...names].flatMap((name) => projectOf(name).budgets);
      }
      return work.budgets;
    },
    changed() {
      worked = null;
    },
  };
}

/** Keeps the known projects in memory and in the store; a request asks two maps. */
export function createProjectBook({ store, settings, directory, now }: ProjectParts): ProjectBook {
  const known = new Map((store?.list() ?? []).map((project) => [project.name, project]));
  const { changed, ...views } = createViews(known, { settings, directory });

  function remove(name: string): boolean {
    changed();
    return known.delete(name) && store?.remove(name) === true;
  }

  return {
    ...views,
    known: () => [...known.values()].sort((left, right) => (left.name < right.name ? -1 : 1)),
    tell(news) {
      if (store === null) return failure({ kind: "no-store" });
      const conflict = conflictOf(news, known);
      if (conflict !== null) return failure(conflict);
      const { name, folder, wish } = news;
      const before = known.get(name);
      const earlier = [...known.values()].filter((other) => other.folder === folder && other.name !== name);
      for (const other of earlier) remove(other.name);
      if (isSame(before, news)) return success("unchanged");
      const at = now();
      const project = { name, folder, wish, createdAt: before?.createdAt ?? at, updatedAt: at };
      store.save(project);
      known.set(name, project);
      changed();
      return success(before === undefined ? "new" : "changed");
    },
    forget: remove,
    close: () => store?.close(),
  };
}
