// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The lower layer, which must not use the higher one, and does. */
package io.weft.plugin.planted.layers.low;
