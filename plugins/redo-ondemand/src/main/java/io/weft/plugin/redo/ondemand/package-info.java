// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers requested blocks first, and the others in the background. */
package io.weft.plugin.redo.ondemand;
