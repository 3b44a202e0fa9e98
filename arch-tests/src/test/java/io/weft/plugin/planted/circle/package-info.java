// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Classes that know each other in a circle, for the rule that must find them. */
package io.weft.plugin.planted.circle;
