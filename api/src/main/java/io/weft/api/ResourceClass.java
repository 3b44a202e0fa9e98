// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * What the blocks of a file are used for; a property of the file, used in statistics and limits.
 */
public enum ResourceClass {
  /** Table and other user data; the class of every file that the configuration does not name. */
  DATA,
  /** Index blocks. */
  INDEX,
  /** Undo of running transactions. */
  UNDO,
  /** Contents that need not survive the node. */
  TEMP,
  /** The engine's and the integrator's own structures; recovered first. */
  SYSTEM
}
