/** Whether the tests of webgpu can run here: its packages are optional, and the machine needs an adapter. */

import { startBackend } from './backend.ts'
import { BackendUnavailableError } from './backend-unavailable.ts'

/** Why webgpu is not tested here; null where it is. */
export const WEBGPU_MISSING: string | null = await startBackend('webgpu').then(
  () => null,
  (error) => {
    if (error instanceof BackendUnavailableError) return error.message
    throw error
  },
)
