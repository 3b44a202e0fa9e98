// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The higher layer, with two classes that use each other. */
package io.weft.plugin.planted.layers.high;
