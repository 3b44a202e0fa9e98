// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted.circle;

/** Uses the circle, and is no part of it. */
final class Start {
  Top top() {
    return new Top();
  }
}
