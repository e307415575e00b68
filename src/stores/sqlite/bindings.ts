/** Values for the `$name` parameters of a statement. */
export type Bindings = Record<string, string | number | null>;
