import { parentPort } from 'node:worker_threads'
import { startProduct } from './roofline.ts'

const product = await startProduct()
parentPort!.on('message', () => parentPort!.postMessage(product()))
parentPort!.postMessage('ready')
