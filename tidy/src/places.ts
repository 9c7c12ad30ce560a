/** What a path is. The repository's names are its rooms: `packages/NAME`, `tools`, `tidy`, `examples`. */

/** The package that holds a file, or null: `packages/stl/src/index.ts` -> `stl`. */
export function packageOf(path: string): string | null {
  const place = /^(?:packages\/([^/]+)|(tools|tidy))\//.exec(path)
  return place?.[1] ?? place?.[2] ?? null
}

export function isSource(path: string): boolean {
  return /\.(ts|mjs)$/.test(path) && packageOf(path) !== null
}

export function isTest(path: string): boolean {
  return /\.(test|bench)\.ts$/.test(path)
}

export function isTestSupport(path: string): boolean {
  return /\.(fixture|oracle|arbitrary)\.ts$/.test(path)
}

/** Neither tests nor their support: what users run. The tidy test itself is none of it. */
export function isProduct(path: string): boolean {
  return isSource(path) && !isTest(path) && !isTestSupport(path) && packageOf(path) !== 'tidy'
}
