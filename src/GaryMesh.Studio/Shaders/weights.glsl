// The parameters of the rule and of a graft: uniform blocks where they fit, textures elsewhere.
#ifdef WEIGHTS_IN_TEXTURES
uniform highp sampler2D ruleWeights, graftWeights;
vec4 ruleWeight(int at) { return texelFetch(ruleWeights, ivec2(at & 1023, at >> 10), 0); }
vec4 graftWeight(int at) { return texelFetch(graftWeights, ivec2(at & 1023, at >> 10), 0); }
#else
layout(std140) uniform RuleWeights { vec4 ofRule[WEIGHTS]; };
layout(std140) uniform GraftWeights { vec4 ofGraft[WEIGHTS]; };
vec4 ruleWeight(int at) { return ofRule[at]; }
vec4 graftWeight(int at) { return ofGraft[at]; }
#endif
