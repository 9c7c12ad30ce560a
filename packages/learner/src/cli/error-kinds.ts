import { ActorError } from '@vigil/actors'
import type { ErrorKinds } from '@vigil/command-line'
import { ConfigError } from '@vigil/config'
import { DataError } from '@vigil/data'
import { EngineError } from '@vigil/engine'
import { EnvironmentError } from '@vigil/env-wasm'
import { PolicyError } from '@vigil/policy-wasm'
import { CheckpointError, ReturnNormaliserError } from '@vigil/ppo'
import { RunFileError, RunFolderError } from '@vigil/runs'
import { StlError } from '@vigil/stl'

const DATA_ERRORS = [DataError, CheckpointError, RunFileError, ReturnNormaliserError]

/** Whose mistake an error is, for the exit codes of the learner's commands. */
export const errorKinds: ErrorKinds = {
  usage: (error) =>
    error instanceof ConfigError ||
    error instanceof RunFolderError ||
    (error instanceof PolicyError && error.code === 'NETWORK_SPEC') ||
    (error instanceof EnvironmentError && error.code === 'SPECIFICATION') ||
    // What a formula is about can show only then that it has no value, as of a division by zero.
    error instanceof StlError ||
    (error instanceof ActorError && ['SPECIFICATION_VALUE', 'SAMPLING'].includes(error.code)) ||
    (error instanceof EngineError && error.code === 'BACKEND_UNAVAILABLE'),
  badData: (error) =>
    DATA_ERRORS.some((type) => error instanceof type) ||
    (error instanceof EngineError && error.code === 'MEMORY') ||
    (error instanceof ActorError && (error.code === 'MEMORY' || error.code === 'RECURRENT_STATE')) ||
    (error instanceof EnvironmentError && error.code === 'LANE_STATE'),
}
