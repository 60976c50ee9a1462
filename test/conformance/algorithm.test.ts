import { algorithms } from '#suggestion'
import { algorithmConformance } from './algorithm.ts'

for (const algorithm of algorithms.values()) algorithmConformance(algorithm)
