// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

/** The steps of a view change. */
enum ViewStep {
  AGREED,
  INSTALLED,
  FENCED,
  REDO,
  RECOVERED,
  COMPLETE,
  CHECKPOINTED,
  CLOSED
}
