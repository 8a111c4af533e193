/**
 * @module The verbs of forecasting on the command line.
 */
import type { Command } from 'commander';

export const verbs = (): Command[] => [];
