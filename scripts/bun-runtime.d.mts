/** Types of bun-runtime.mjs, which stays plain JavaScript because it runs before anything is installed. */
export interface HostTraits {
  readonly platform: string;
  readonly arch: string;
  readonly isMusl: boolean;
  readonly hasAvx2: boolean;
}
export declare const BUN_VERSION: string;
export declare class SetupError extends Error {}
export declare function hostTraits(): HostTraits;
export declare function runtimePackage(traits: HostTraits): string;
export declare function findRuntime(root: string): string | undefined;
export declare function fetchRuntime(root: string, name: string): string;
export declare function ensureRuntime(root: string, say: (line: string) => void): string;
