/** Which optional backends can be tested here: their packages are optional, and webgpu needs an adapter besides. */

import { startBackend } from './backend.ts'
import { BackendUnavailableError } from './backend-unavailable.ts'

/** Why a backend is not tested here; null where it is. */
export const WHY_MISSING: Readonly<Record<'tensorflow' | 'webgpu', string | null>> = {
  tensorflow: await whyMissing('tensorflow'),
  webgpu: await whyMissing('webgpu'),
}

async function whyMissing(backend: 'tensorflow' | 'webgpu'): Promise<string | null> {
  try {
    await startBackend(backend)
    return null
  } catch (error) {
    if (error instanceof BackendUnavailableError) return error.message
    throw error
  }
}
