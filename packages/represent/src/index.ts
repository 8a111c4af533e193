import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { evaluationModules } from './modules/evaluation.js';
import { lossModules } from './modules/losses.js';
import { networkModules } from './modules/networks.js';
import { pictureModules } from './modules/pictures.js';
import { trainingModules } from './modules/training.js';

export { ViewLoader, type ViewLoaderOptions } from './augment/loader.js';
export { principalCoordinates } from './components.js';
export { accuracyByNeighbours, labelledVectors } from './evaluate.js';
export { normalizedMutualInformation, purity, silhouette } from './evaluation/cluster-measures.js';
export { type KMeansOptions, type KMeansResult, kMeans } from './evaluation/clusters.js';
export * from './evaluation/features.js';
export {
  alignment,
  covariance,
  type SampleOptions,
  type Spectrum,
  spectrum,
  uniformity,
} from './evaluation/geometry.js';
export { classifyByNeighbours, type KnnResult, type Labelled, NEIGHBOURS } from './evaluation/knn.js';
export {
  evaluateLinearProbe,
  type LinearClassifier,
  logitsOf,
  type ProbeOptions,
  type ProbeScore,
  predictedClasses,
  topAccuracy,
  trainLinearProbe,
} from './evaluation/linear.js';
export { fitLogistic, type LogisticOptions, type LogisticResult } from './evaluation/logistic.js';
export { loadEncoder } from './load.js';
export { trainEncoder } from './train.js';

/** Representations without labels as the command line sees them. */
export const represent: System = {
  name: 'represent',
  summary: 'W-MSE, contrastive and BYOL: image encoders without labels',
  modules: {
    ...lossModules,
    ...networkModules,
    ...trainingModules,
    ...pictureModules,
    ...evaluationModules,
  },
  verbs,
};
export { MAP_METHODS, type MapMethod, type MapOptions, mapVectors, UMAP_LIMIT } from './map.js';
export { mapChart } from './map-chart.js';
export { type MapPage, mapPage, type Sprite } from './map-page.js';
export { type Hit, MEASURES, type Measure, type SearchOptions, search } from './search.js';
export { checkVectorsPath, type NamedVectors, readVectors, writeVectors } from './vectors.js';
export * from './web.js';
