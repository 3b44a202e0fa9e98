// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.membership;

/** The steps of a view change. */
public enum ViewStep {
  AGREED,
  INSTALLED,
  FENCED,
  REDO,
  RECOVERED,
  COMPLETE,
  CHECKPOINTED,
  CLOSED
}
