import { join } from 'node:path'

export const BUILD_FOLDER = join(import.meta.dirname, '../build')
export const ADDON_NAME = 'vigil.node'
/** Beside the add-on: SHA-256 of its sources, and of the compiler and its flags. */
export const STAMP_NAME = 'stamp'

/** What `npx nx run engine-native:build` leaves where there is a compiler. */
export const ADDON_FILE = join(BUILD_FOLDER, ADDON_NAME)
