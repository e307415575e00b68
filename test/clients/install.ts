import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { plainEnvironment } from "../real/driver.ts";

/** A client as its registry has it. The version is pinned, so that a run can be repeated. */
export interface AgentPackage {
  readonly registry: "npm" | "pypi";
  readonly name: string;
  readonly version: string;
}

/** Where the clients are installed: `LODESTAR_TEST_CLIENTS`, else a folder of the user's cache. */
export function clientsFolder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return process.env.LODESTAR_TEST_CLIENTS ?? join(cache, "lodestar-clients");
}

/** The Node that runs the clients written for it: several want a newer one than the system may have. */
const NODE: AgentPackage = { registry: "npm", name: `node-${process.platform}-${process.arch}`, version: "24.21.0" };

/** The folder of one version of a package; `@` and `/` are no good in names of folders. */
function folderOf({ name, version }: AgentPackage): string {
  return join(clientsFolder(), `${name.replace("@", "").replace("/", "-")}-${version}`);
}

/** Path of a file in an installed npm package. */
export function packageFile(agentPackage: AgentPackage, ...path: readonly string[]): string {
  return join(folderOf(agentPackage), "node_modules", ...path);
}

/** Path of a program that an installed Python package brought. */
export function pythonProgram(agentPackage: AgentPackage, name: string): string {
  return join(folderOf(agentPackage), "bin", name);
}

/** Path of a file that an installed Python package brought. */
export function pythonFile(agentPackage: AgentPackage, ...path: readonly string[]): string {
  return join(folderOf(agentPackage), "lib", "python3.11", "site-packages", ...path);
}

/** Path of the Node that {@link installAgents} brought. */
export function nodeProgram(): string {
  return packageFile(NODE, NODE.name, "bin", "node");
}

async function runQuietly(command: readonly string[], cwd: string): Promise<string | null> {
  const env = { ...process.env, ...plainEnvironment(homedir()) };
  const child = Bun.spawn([...command], { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const words = `${err.trim() || out.trim()}`.split("\n").slice(0, 3).join(" ");
  return code === 0 ? null : `${command[0]} ended with ${code}: ${words}`;
}

/** Install scripts stay off: what a client needs at run time is in packages of its own for each platform. */
async function installFromNpm(agentPackage: AgentPackage, folder: string): Promise<string | null> {
  await Bun.write(join(folder, "package.json"), '{ "private": true }\n');
  const spec = `${agentPackage.name}@${agentPackage.version}`;
  return runQuietly(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", spec], folder);
}

async function installFromPypi(agentPackage: AgentPackage, folder: string): Promise<string | null> {
  const spec = `${agentPackage.name}==${agentPackage.version}`;
  const pip = ["bin/python", "-m", "pip", "install", "--only-binary=:all:", "--disable-pip-version-check", "-q", spec];
  return (await runQuietly(["python3.11", "-m", "venv", folder], folder)) ?? (await runQuietly(pip, folder));
}

/** Installs a package where it is not yet; null, or why it could not be. */
async function install(agentPackage: AgentPackage): Promise<string | null> {
  const folder = folderOf(agentPackage);
  const mark = join(folder, ".installed");
  if (existsSync(mark)) return null;
  mkdirSync(folder, { recursive: true });
  const run = agentPackage.registry === "npm" ? installFromNpm : installFromPypi;
  const problem = await run(agentPackage, folder).catch((error: unknown) => String(error));
  if (problem === null) await Bun.write(mark, "");
  return problem;
}

/** Installs clients and the Node they run on, one after another; the answer has a reason for each that could not be. */
export async function installAgents(packages: readonly AgentPackage[]): Promise<ReadonlyMap<AgentPackage, string>> {
  const problems = new Map<AgentPackage, string>();
  const nodeProblem = await install(NODE);
  for (const agentPackage of packages) {
    const problem = (agentPackage.registry === "npm" ? nodeProblem : null) ?? (await install(agentPackage));
    if (problem !== null) problems.set(agentPackage, problem);
  }
  return problems;
}
