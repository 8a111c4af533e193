/**
 * @module What of avatars works in a browser too.
 */
export {
  type AvatarConfig,
  type DiscriminatorConfig,
  type EmbedderConfig,
  type EnhancerConfig,
  type KeypointsConfig,
  type PyramidConfig,
  RELEASED,
} from './config.js';
export { type HeadBox, type HeadInput, headBox, headInput } from './crop.js';
export { ssim } from './evaluation/ssim.js';
export { loadOfficial } from './import.js';
export { Avatar, type AvatarFrame, AvatarModel } from './infer.js';
export { compose, type Frames } from './inference-generator.js';
export { AvatarNetworks, type People } from './networks.js';
export { drawStickman } from './stickman.js';
export { type AvatarWeights, decodeWeights, encodeWeights, networksOf } from './weights.js';
