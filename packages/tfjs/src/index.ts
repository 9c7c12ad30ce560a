// Registers the backend `cpu`.
import '@tensorflow/tfjs-backend-cpu'
import './gradients.ts'
import * as tf from '@tensorflow/tfjs-core'

// Production mode: no banner, no warnings.
tf.env().set('PROD', true)

export { tf }
