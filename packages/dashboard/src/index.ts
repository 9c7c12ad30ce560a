import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dashboardError } from './errors.ts'

export { DASHBOARD_ERRORS } from './errors.ts'
export type { Decided, Frame } from './frame.ts'

/** A file that a browser gets. */
export type DashboardFile = {
  /** as `/` or `/assets/NAME` */
  readonly path: string
  readonly type: string
  readonly bytes: Buffer
  /** whether its name changes with what is in it */
  readonly isVersioned: boolean
}

const BUILD = fileURLToPath(new URL('../build/', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

/**
 * The page of a service, as Vite has built it.
 *
 * @example
 * ```ts
 * const files = await readDashboard() // the first is that of '/'
 * ```
 *
 * @throws {VigilError} NOT_BUILT
 */
export async function readDashboard(): Promise<DashboardFile[]> {
  try {
    const assets = (await readdir(join(BUILD, 'assets'))).sort()
    const page = await fileAt('/', 'index.html', false)
    return [page, ...(await Promise.all(assets.map((name) => fileAt(`/assets/${name}`, join('assets', name), true))))]
  } catch (cause) {
    throw dashboardError(
      'NOT_BUILT',
      'packages/dashboard/build is missing. Build it with: npx nx run dashboard:build',
      { cause },
    )
  }
}

async function fileAt(path: string, name: string, isVersioned: boolean): Promise<DashboardFile> {
  const type = TYPES[extname(name)] ?? 'application/octet-stream'
  return { path, type, bytes: await readFile(join(BUILD, name)), isVersioned }
}
