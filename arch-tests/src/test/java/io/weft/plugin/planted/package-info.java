// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Breaks the rules about plugins on purpose, to prove that they bite. */
package io.weft.plugin.planted;
