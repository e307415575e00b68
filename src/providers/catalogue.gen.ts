// Made by scripts/generate/providers-catalogue.ts from models.dev's data (MIT). Do not edit.

/** Tab-separated lines `id name dialect baseUrl keyEnv,keyEnv model`, see catalogue.ts. */
export const CATALOGUE_LINES = String.raw`302ai	302.AI	openai-chat	https://api.302.ai/v1	302AI_API_KEY	deepseek-flash
abacus	Abacus	openai-chat	https://routellm.abacus.ai/v1	ABACUS_API_KEY	gemini-3.7-flash
abliteration-ai	abliteration.ai	openai-chat	https://api.abliteration.ai/v1	ABLIT_KEY	abliterated-model-large-v2
above	above.dev	openai-chat	https://api.above.dev/v1	ABOVE_API_KEY	mimo-v2.6-flash
agentrouter	AgentRouter	openai-chat	https://agentrouter.org/v1	AGENTROUTER_API_KEY	glm-5.3
agnes	Agnes AI	openai-chat	https://apihub.agnes-ai.com/v1	AGNES_API_KEY	agnes-2.5-pro-alpha
ai-router	AI-ROUTER	openai-chat	https://api.ai-router.dev/v1	AI_ROUTER_API_KEY	gpt-5.6-luna
ai21	AI21 Labs	openai-chat	https://api.ai21.com/studio/v1	AI21_API_KEY	jamba-mini
aiand	ai&	openai-chat	https://api.aiand.com/v1	AIAND_API_KEY	zai-org/glm-5.3
aihubmix	AI Hub Mix	openai-chat	https://api.aihubmix.com/v1	AIHUBMIX_API_KEY	
ainetcafe	ainetcafe	openai-chat	https://microquickjs.com/v1	AINETCAFE_API_KEY	Kimi-K3
aixy	Aixy	openai-chat	https://api.aixy-gateway.com/v1	AIXY_API_KEY	openai/gpt-4.1-mini
aki-io	AKI.IO	openai-chat	https://aki.io/v1	AKI_IO_API_KEY	glm5.3-754b
alibaba-cn	Alibaba (China)	openai-chat	https://dashscope.aliyuncs.com/compatible-mode/v1	DASHSCOPE_API_KEY	deepseek-v4.1-flash
alibaba-coding-plan	Alibaba Coding Plan	openai-chat	https://coding-intl.dashscope.aliyuncs.com/v1	ALIBABA_CODING_PLAN_API_KEY	qwen3.7-plus
alibaba-coding-plan-cn	Alibaba Coding Plan (China)	openai-chat	https://coding.dashscope.aliyuncs.com/v1	ALIBABA_CODING_PLAN_API_KEY	qwen3.7-plus
alibaba-token-plan	Alibaba Token Plan	openai-chat	https://token-plan.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1	ALIBABA_TOKEN_PLAN_API_KEY	deepseek-v4.1-flash
alibaba-token-plan-cn	Alibaba Token Plan (China)	openai-chat	https://token-plan.cn-beijing.maas.aliyuncs.com/compatible-mode/v1	ALIBABA_TOKEN_PLAN_API_KEY	deepseek-v4.1-flash
ambient	Ambient	openai-chat	https://api.ambient.xyz/v1	AMBIENT_API_KEY	deepseek/deepseek-v4-flash-0731
amd	AMD	openai-chat	https://developer.amd.com.cn/radeon/api/v1	AMD_API_KEY	DeepSeek-V4.1-Flash
anyapi	AnyAPI	openai-chat	https://api.anyapi.ai/v1	ANYAPI_API_KEY	deepseek/deepseek-v4-flash
arcee	Arcee	openai-chat	https://api.arcee.ai/api/v1	ARCEE_API_KEY	deepseek/deepseek-v4-pro-0813
auriko	Auriko	openai-chat	https://api.auriko.ai/v1	AURIKO_API_KEY	deepseek-v4-flash
bailing	Bailing	openai-chat	https://api.tbox.cn/api/llm/v1	BAILING_API_TOKEN	Ling-1T
baseten	Baseten	openai-chat	https://inference.baseten.co/v1	BASETEN_API_KEY	deepseek-ai/DeepSeek-V4.1-Flash
berget	Berget.AI	openai-chat	https://api.berget.ai/v1	BERGET_API_KEY	zai-org/GLM-5.3-Flash
blueclaw	Blue Claw	openai-chat	https://openai.blueclaw.network/v1	BLUECLAW_API_KEY	Qwen3.6-27B
bothub	Bothub	openai-chat	https://openai.bothub.ru/v1	BOTHUB_API_KEY	muse-spark-1.3-contributor
chutes	Chutes	openai-chat	https://llm.chutes.ai/v1	CHUTES_API_KEY	Qwen/Qwen3.8-27B-TEE
clarifai	Clarifai	openai-chat	https://api.clarifai.com/v2/ext/openai/v1	CLARIFAI_PAT	moonshotai/chat-completion/models/Kimi-K2_6
claudinio	Claudinio	openai-chat	https://api.claudin.io/v1	CLAUDINIO_API_KEY	claudinio
cline	Cline Usage-Billing	openai-chat	https://api.cline.bot/api/v1	CLINE_API_KEY	
cline-pass	ClinePass	openai-chat	https://api.cline.bot/api/v1	CLINE_API_KEY	cline-pass/mimo-v2.6-flash
cloudferro-sherlock	CloudFerro Sherlock	openai-chat	https://api-sherlock.cloudferro.com/openai/v1	CLOUDFERRO_SHERLOCK_API_KEY	MiniMaxAI/MiniMax-M2.5
coralbricks	CoralBricks	openai-chat	https://inference.coralbricks.ai/v1	CORAL_API_KEY	deepseek-v4.1-flash-fast-fp4
cortecs	Cortecs	openai-chat	https://api.cortecs.ai/v1	CORTECS_API_KEY	claude-opus-5.5
crof	CrofAI	openai-chat	https://crof.ai/v1	CROF_API_KEY	glm-5.3-flash
crossmodel	CrossModel	openai-chat	https://api.crossmodel.ai/v1	CROSSMODEL_API_KEY	anthropic/claude-opus-5-5
crusoe	Crusoe	openai-chat	https://api.inference.crusoecloud.com/v1	CRUSOE_API_KEY	zai/GLM-5.2
daoxe	DaoXE	openai-chat	https://daoxe.com/v1	DAOXE_API_KEY	grok-4.5
digitalocean	DigitalOcean	openai-chat	https://inference.do-ai.run/v1	DIGITALOCEAN_ACCESS_TOKEN	anthropic-claude-opus-5.5
dinference	DInference	openai-chat	https://api.dinference.com/v1	DINFERENCE_API_KEY	glm-5.2
doubao	Doubao	openai-chat	https://ark.cn-beijing.volces.com/api/v3	DOUBAO_API_KEY	
drun	D.Run (China)	openai-chat	https://chat.d.run/v1	DRUN_API_KEY	public/minimax-m25
ebcloud	EBCloud	openai-chat	https://maas-api.ebcloud.com/v1	EBCLOUD_API_KEY	DeepSeek-V4-Flash
echo	Echo	openai-chat	https://echo.tracerml.ai/v1	ECHO_API_KEY	echo
edenai	Eden AI	openai-chat	https://api.edenai.run/v3	EDENAI_API_KEY	anthropic/claude-opus-5-5
empiriolabs	EmpirioLabs AI	openai-chat	https://api.empiriolabs.ai/v1	EMPIRIOLABS_API_KEY	mimo-v2-6-flash
evroc	evroc	openai-chat	https://models.think.evroc.com/v1	EVROC_API_KEY	Qwen/Qwen3.8-27B
fastrouter	FastRouter	openai-chat	https://go.fastrouter.ai/api/v1	FASTROUTER_API_KEY	anthropic/claude-opus-4.8
freemodel	FreeModel	anthropic	https://cc.freemodel.dev/v1	FREEMODEL_API_KEY	claude-fable-5
friendli	Friendli	openai-chat	https://api.friendli.ai/serverless/v1	FRIENDLI_TOKEN	zai-org/GLM-5.3-Flash
frogbot	FrogBot	openai-chat	https://app.frogbot.ai/api/v1	FROGBOT_API_KEY	grok-4-3
gmicloud	GMI Cloud	openai-chat	https://api.gmi-serving.com/v1	GMICLOUD_API_KEY	zai-org/GLM-5.2-FP8
greenpt	GreenPT	openai-chat	https://api.greenpt.ai/v1	GREENPT_API_KEY	deepseek-v4.1-flash
helicone	Helicone	openai-chat	https://ai-gateway.helicone.ai/v1	HELICONE_API_KEY	claude-4.5-opus
hetzner	Hetzner	openai-chat	https://inference.hetzner.com/api/v1	HETZNER_API_KEY	Qwen3.8-27B
hicap	HiCap	openai-chat	https://api.hicap.ai/v1	HICAP_API_KEY	
hpc-ai	HPC-AI	openai-chat	https://api.hpc-ai.com/inference/v1	HPC_AI_API_KEY	zai-org/glm-5.2
huawei-cloud-maas	Huawei Cloud MaaS	openai-chat	https://infer-modelarts.cn-southwest-2.myhuaweicloud.com/v1	HUAWEI_CLOUD_MAAS_API_KEY	
hyper	Charm Hyper	openai-chat	https://hyper.charm.land/v1	HYPER_API_KEY	deepseek-v4.1-flash
iflowcn	iFlow	openai-chat	https://apis.iflow.cn/v1	IFLOW_API_KEY	kimi-k2-0905
impossibl	Impossibl	openai-chat	https://api.impossibl.com/v1	IMPOSSIBL_API_KEY	google/gemini-3.5-flash-lite
inception	Inception	openai-chat	https://api.inceptionlabs.ai/v1	INCEPTION_API_KEY	mercury-2.5
inceptron	Inceptron	openai-chat	https://api.inceptron.io/v1	INCEPTRON_API_KEY	deepseek-ai/DeepSeek-V4-Flash-0731
inco	Inco	openai-chat	https://api.inco.ai/v1	INCO_API_KEY	deepseek-v4.1-flash:fast
infer	Infer by Flow7	openai-responses	https://infer.flow7.org/v1	INFER_API_KEY	infer/gpt-6-astra:official
inference	Inference	openai-chat	https://inference.net/v1	INFERENCE_API_KEY	google/gemma-3
inferx	InferX	openai-chat	https://model.inferx.net/endpoints/v1	INFERX_API_KEY	Agents-A1
io-net	IO.NET	openai-chat	https://api.intelligence.io.solutions/api/v1	IOINTELLIGENCE_API_KEY	Qwen/Qwen3-235B-A22B-Thinking-2507
iteracompute	IteraCompute	openai-chat	https://api.iteracompute.com/v1	ITERACOMPUTE_API_KEY	z-ai/glm-5.3-flash
jalapeno	Jalapeno Cloud	openai-chat	https://api.jalapeno-cloud.ai/v1	JALAPENO_API_KEY	Kimi-K3
jiekou	Jiekou.AI	openai-chat	https://api.jiekou.ai/openai	JIEKOU_API_KEY	claude-opus-4-6
kenari	Kenari	openai-chat	https://kenari.id/v1	KENARI_API_KEY	deepseek-v4-1-flash
kilo	Kilo Gateway	openai-responses	https://api.kilo.ai/api/gateway	KILO_GATEWAY_API_KEY	
kimi-code-plan-cn	Kimi For Coding (kimi.com)	openai-chat	https://api.kimi.com/coding/v1	KIMI_API_KEY	kimi-for-coding
kimi-code-plan-global	Kimi For Coding (kimi.ai)	openai-chat	https://api.kimi.ai/coding/v1	KIMI_API_KEY	kimi-for-coding
klokintegration	klokintegration.se	openai-chat	https://api-gw.klok.ipaas.se/proxy/kloker-key/v1	KLOKINTEGRATION_API_KEY	Kloker
kosmik	Kosmik Compute	openai-chat	https://api.koscompute.com/v1	KOSMIK_API_KEY	qwen/qwen3.8-27b
kuae-cloud-coding-plan	KUAE Cloud Coding Plan	openai-chat	https://coding-plan-endpoint.kuaecloud.net/v1	KUAE_API_KEY	GLM-4.7
lilac	Lilac	openai-chat	https://api.getlilac.com/v1	LILAC_API_KEY	zai-org/glm-5.2
llama	Llama	openai-chat	https://api.llama.com/compat/v1	LLAMA_API_KEY	cerebras-llama-4-maverick-17b-128e-instruct
llmgateway	DevPass (LLM Gateway)	openai-chat	https://api.llmgateway.io/v1	LLMGATEWAY_API_KEY	claude-opus-5-5
llmgateway-providers	LLM Gateway	openai-chat	https://api.llmgateway.io/v1	LLMGATEWAY_API_KEY	anthropic/claude-opus-5-5
llmtech	LLM Tech	openai-chat	https://api.llmtech.eu/v1	LLMTECH_API_KEY	nvidia/Qwen3.8-27B-NVFP4
llmtr	LLMTR	openai-chat	https://llmtr.com/v1	LLMTR_API_KEY	muse-glimmer-30b-tr
longcat	LongCat	openai-chat	https://api.longcat.chat/openai	LONGCAT_API_KEY	LongCat-2.0
lucidquery	LucidQuery	openai-chat	https://api.lucidquery.com/v1	LUCIDQUERY_API_KEY	lucidquery-agi-01-frontier
meganova	Meganova	openai-chat	https://api.meganova.ai/v1	MEGANOVA_API_KEY	MiniMaxAI/MiniMax-M2.5
melious	Melious	openai-chat	https://api.melious.ai/v1	MELIOUS_API_KEY	deepseek-v4.1-flash
meta	Meta	openai-responses	https://api.meta.ai/v1	META_MODEL_API_KEY	muse-spark-1.3
minimax-cn	MiniMax (minimax.cn)	anthropic	https://api.minimax.cn/anthropic/v1	MINIMAX_API_KEY	MiniMax-M3
minimax-cn-coding-plan	MiniMax Token Plan (minimax.cn)	anthropic	https://api.minimax.cn/anthropic/v1	MINIMAX_API_KEY	MiniMax-M3
minimax-coding-plan	MiniMax Token Plan (minimax.io)	anthropic	https://api.minimax.io/anthropic/v1	MINIMAX_API_KEY	MiniMax-M3
mixlayer	Mixlayer	openai-chat	https://models.mixlayer.ai/v1	MIXLAYER_API_KEY	qwen/qwen3.5-122b-a10b
moark	Moark	openai-chat	https://moark.com/v1	MOARK_API_KEY	MiniMax-M2.1
modal	Modal	openai-chat	https://inference.us-west.modal.direct/v1	MODAL_PROXY_TOKEN	zai-org/GLM-5.3-Flash
model-oracle-ai	Model Oracle AI	openai-chat	https://api.modeloracle.com/api/v1	MODEL_ORACLE_API_KEY	claude-sonnet-5
modelis	Modelis	openai-chat	https://modelishub.com/v1	MODELIS_API_KEY	claude-fable-5
modelscope	ModelScope	openai-chat	https://api-inference.modelscope.cn/v1	MODELSCOPE_API_KEY	ZhipuAI/GLM-4.6
moonshotai-cn	Moonshot AI (China)	openai-chat	https://api.moonshot.cn/v1	MOONSHOT_API_KEY	kimi-k3
morph	Morph	openai-chat	https://api.morphllm.com/v1	MORPH_API_KEY	
nan	NaN	openai-chat	https://api.nan.builders/v1	NAN_API_KEY	deepseek-v4-flash
nano-gpt	NanoGPT	openai-chat	https://nano-gpt.com/api/v1	NANO_GPT_API_KEY	aion-labs/aion-3.5
nearai	NEAR AI Cloud	openai-chat	https://cloud-api.near.ai/v1	NEARAI_API_KEY	google/gemini-3.5-flash
nebius	Nebius Token Factory	openai-chat	https://api.tokenfactory.nebius.com/v1	NEBIUS_API_KEY	deepseek-ai/DeepSeek-V4.1-Flash
neosmith	NeoSmith	openai-responses	https://router.neosmith.ai/v1	NEOSMITH_API_KEY	neosmith.intelligent-maestro
neuralwatt	Neuralwatt	openai-chat	https://api.neuralwatt.com/v1	NEURALWATT_API_KEY	deepseek-v4.1-flash
nousResearch	Nous Research	openai-chat	https://inference-api.nousresearch.com/v1	NOUS_RESEARCH_API_KEY,NOUSRESEARCH_API_KEY	
nova	Nova	openai-chat	https://api.nova.amazon.com/v1	NOVA_API_KEY	nova-2-pro-v1
novita-ai	NovitaAI	openai-chat	https://api.novita.ai/openai	NOVITA_API_KEY	moonshotai/kimi-k3
oci	OCI Generative AI	openai-chat	https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1	OCI_GENAI_API_KEY	xai.grok-4.6
ofox	Ofox	openai-chat	https://api.ofox.ai/v1	OFOX_API_KEY	anthropic/claude-opus-5.5
ollama-cloud	Ollama	openai-chat	https://ollama.com/v1	OLLAMA_API_KEY	
opencode	OpenCode	openai-chat	https://opencode.ai/zen/v1	OPENCODE_API_KEY	
opencode-go	OpenCode Go	openai-chat	https://opencode.ai/zen/go/v1	OPENCODE_API_KEY	space-bunny-free
openreason	OpenReason	openai-chat	https://api.openreason.app/v1	OPENREASON_API_KEY	deepseek-ai/deepseek-v4-flash-0731
opper	Opper	openai-chat	https://api.opper.ai/v3/compat	OPPER_API_KEY	gpt-6-astra
orcarouter	OrcaRouter	openai-chat	https://api.orcarouter.ai/v1	ORCAROUTER_API_KEY	orcarouter/free
ovhcloud	OVHcloud AI Endpoints	openai-chat	https://oai.endpoints.kepler.ai.cloud.ovh.net/v1	OVHCLOUD_API_KEY	qwen3.8-27b
pendra	Pendra	openai-chat	https://api.pendra.ai/api/v1	PENDRA_API_KEY	deepseek-v4-flash
perplexity-agent	Perplexity Agent	openai-responses	https://api.perplexity.ai/v1	PERPLEXITY_API_KEY	xai/grok-4.6
pioneer	Pioneer	openai-chat	https://api.pioneer.ai/v1	PIONEER_API_KEY	fastino/gliner2.5-multi-v1
poe	Poe	openai-chat	https://api.poe.com/v1	POE_API_KEY	anthropic/claude-opus-4.8
poolside	Poolside	openai-chat	https://inference.poolside.ai/v1	POOLSIDE_API_KEY	poolside/laguna-s-2.1
qihang-ai	QiHang	openai-chat	https://api.qhaigc.net/v1	QIHANG_API_KEY	gemini-2.5-flash
qiniu-ai	Qiniu	openai-chat	https://api.qnaigc.com/v1	QINIU_API_KEY	qwen3.5-397b-a17b
qwen	Alibaba Qwen	openai-chat	https://dashscope.aliyuncs.com/compatible-mode/v1	QWEN_API_KEY	
regolo-ai	Regolo AI	openai-chat	https://api.regolo.ai/v1	REGOLO_API_KEY	qwen3.8-27b
requesty	Requesty	openai-chat	https://router.requesty.ai/v1	REQUESTY_API_KEY	claude-opus-5-5
routing-run	routing.run	openai-chat	https://api.routing.run/v1	ROUTING_RUN_API_KEY	gpt-5.6-luna
runinfra	RunInfra	openai-chat	https://api.runinfra.ai/v1	RUNINFRA_GATEWAY_KEY	zai-org/GLM-5.3-Flash
sakana	Sakana AI	openai-chat	https://api.sakana.ai/v1	SAKANA_API_KEY	sakana-namazu
sambanova	SambaNova	openai-chat	https://api.sambanova.ai/v1	SAMBANOVA_API_KEY	
sarvam	Sarvam AI	openai-chat	https://api.sarvam.ai/v1	SARVAM_API_KEY	sarvam-105b
scaleway	Scaleway	openai-chat	https://api.scaleway.ai/v1	SCALEWAY_API_KEY	deepseek-v4-flash-0731
scnet-token-plan	SCNet Token Plan	openai-chat	https://api.scnet.cn/api/llm/v1	SCNET_API_KEY	DeepSeek-V4.1-Flash
scx-ai	SCX.ai	openai-chat	https://api.scx.ai/v1	SCX_API_KEY	Qwen3.8-Max
sensenova	SenseNova (China)	openai-chat	https://token.sensenova.cn/v1	SENSENOVA_API_KEY	deepseek-v4-pro
siliconflow	SiliconFlow	openai-chat	https://api.siliconflow.com/v1	SILICONFLOW_API_KEY	zai-org/GLM-5.3-Flash
siliconflow-cn	SiliconFlow (China)	openai-chat	https://api.siliconflow.cn/v1	SILICONFLOW_CN_API_KEY	zai-org/GLM-5.2
stackit	STACKIT	openai-chat	https://api.openai-compat.model-serving.eu01.onstackit.cloud/v1	STACKIT_API_KEY	Qwen/Qwen3.6-27B
stepfun	StepFun (China)	openai-chat	https://api.stepfun.com/v1	STEPFUN_API_KEY	step-5-preview
stepfun-ai	StepFun (Global)	openai-chat	https://api.stepfun.ai/v1	STEPFUN_API_KEY	step-5-preview
stepfun-ai-step-plan	StepFun Step Plan (Global)	openai-chat	https://api.stepfun.ai/step_plan/v1	STEPFUN_API_KEY	step-5-preview
stepfun-step-plan	StepFun Step Plan (China)	openai-chat	https://api.stepfun.com/step_plan/v1	STEPFUN_API_KEY	step-5-preview
subconscious	Subconscious	anthropic	https://api.subconscious.dev/v1	SUBCONSCIOUS_API_KEY	subconscious/glm-5.2
submodel	submodel	openai-chat	https://llm.submodel.ai/v1	SUBMODEL_INSTAGEN_ACCESS_KEY	deepseek-ai/DeepSeek-R1-0528
synthetic	Synthetic	openai-chat	https://api.synthetic.new/openai/v1	SYNTHETIC_API_KEY	hf:deepseek-ai/DeepSeek-V4.1-Flash
tempr	Tempr	openai-chat	https://api.temprhq.io/v1	TEMPR_API_KEY	google/gemini-3.8-flash
tencent-coding-plan	Tencent Coding Plan (China)	openai-chat	https://api.lkeap.cloud.tencent.com/coding/v3	TENCENT_CODING_PLAN_API_KEY	hunyuan-2.0-instruct
tencent-token-plan	Tencent Token Plan	openai-chat	https://api.lkeap.cloud.tencent.com/plan/v3	TENCENT_TOKEN_PLAN_API_KEY	hy4-preview
tencent-tokenhub	Tencent TokenHub	openai-chat	https://tokenhub.tencentmaas.com/v1	TENCENT_TOKENHUB_API_KEY	hy4-preview
tensorx	TensorX	openai-chat	https://api.tensorx.ai/v1	TENSORX_API_KEY	deepseek/deepseek-v4.1-flash
the-grid-ai	The Grid AI	openai-chat	https://api.thegrid.ai/v1	THEGRID_API_KEY	agent-max
thinkingmachines	Thinking Machines	anthropic	https://tinker.thinkingmachines.dev/services/tinker-prod/anthropic/api/v1	TINKER_API_KEY	thinkingmachines/Inkling
tinfoil	Tinfoil	openai-chat	https://inference.tinfoil.sh/v1	TINFOIL_API_KEY	deepseek-v4-1-flash
tokengo	TokenGo	openai-chat	https://api.tokengo.com/v1	TOKENGO_API_KEY	z-ai/glm-5.3-flash
tokenrouter	TokenRouter	openai-chat	https://api.tokenrouter.com/v1	TOKENROUTER_API_KEY	z-ai/glm-5.3-free
trustedrouter	TrustedRouter	openai-chat	https://api.trustedrouter.com/v1	TRUSTEDROUTER_API_KEY	trustedrouter/synth
umans-ai	Umans AI	openai-chat	https://api.code.umans.ai/v1	UMANS_AI_API_KEY	umans-coder
umans-ai-coding-plan	Umans AI Coding Plan	openai-chat	https://api.code.umans.ai/v1	UMANS_AI_CODING_PLAN_API_KEY	umans-coder
unorouter	UnoRouter	openai-chat	https://api.unorouter.com/v1	UNOROUTER_API_KEY	claude-sonnet-5
upstage	Upstage	openai-chat	https://api.upstage.ai/v1/solar	UPSTAGE_API_KEY	solar-pro4
v0	Vercel V0	openai-chat	https://api.v0.dev/v1	V0_API_KEY	v0-1.5-md
vancine	Vancine	openai-chat	https://vancine.com/v1	VANCINE_API_KEY	deepseek-v4.1-flash
venice	Venice AI	openai-chat	https://api.venice.ai/api/v1	VENICE_API_KEY	
vercel	Vercel AI Gateway	openai-chat	https://ai-gateway.vercel.sh/v1	AI_GATEWAY_API_KEY	alibaba/qwen3.6-plus
vispark	Vispark	openai-chat	https://api.lab.vispark.in/v1	VISPARK_LAB_API_KEY	vispark/vision-large
vivgrid	Vivgrid	openai-responses	https://api.vivgrid.com/v1	VIVGRID_API_KEY	claude-opus-5-5
volcengine	Volcengine Ark	openai-chat	https://ark.cn-beijing.volces.com/api/v3	ARK_API_KEY	glm-5-3-flash-260828
volcengine-coding-plan	Volcengine Ark Coding Plan	openai-chat	https://ark.cn-beijing.volces.com/api/coding/v3	ARK_CODING_PLAN_API_KEY	glm-5.3-flash
vultr	Vultr	openai-chat	https://api.vultrinference.com/v1	VULTR_API_KEY	zai-org/GLM-5.2-FP8
wafer.ai	Wafer	openai-chat	https://pass.wafer.ai/v1	WAFER_API_KEY	GLM-5.2
wallaby	Wallaby	openai-chat	https://api.wallabytoken.com/v1	WALLABY_API_KEY	moonshotai/kimi-k3
wandb	CoreWeave	openai-chat	https://api.inference.wandb.ai/v1	WANDB_API_KEY	deepseek-ai/DeepSeek-V4.1-Flash
xiaomi	Xiaomi	openai-chat	https://api.xiaomimimo.com/v1	XIAOMI_API_KEY	mimo-v2.6-flash
xiaomi-token-plan-ams	Xiaomi Token Plan (Europe)	openai-chat	https://token-plan-ams.xiaomimimo.com/v1	XIAOMI_API_KEY	mimo-v2.6-flash
xiaomi-token-plan-cn	Xiaomi Token Plan (China)	openai-chat	https://token-plan-cn.xiaomimimo.com/v1	XIAOMI_API_KEY	mimo-v2.6-flash
xiaomi-token-plan-sgp	Xiaomi Token Plan (Singapore)	openai-chat	https://token-plan-sgp.xiaomimimo.com/v1	XIAOMI_API_KEY	mimo-v2.6-flash
xpersona	Xpersona	openai-chat	https://www.xpersona.co/v1	XPERSONA_API_KEY	gpt-5.6
zai-coding-plan	Z.AI Coding Plan	openai-chat	https://api.z.ai/api/coding/paas/v4	ZHIPU_API_KEY	glm-5.2
zeldoc	Zeldoc	openai-chat	https://api.zeldoc.ai/v1	ZELDOC_API_KEY	zdev
zenifra	Zenifra	openai-chat	https://ai.zenifra.com/v1	ZENIFRA_AI_KEY	alibaba/qwen3.6-35b-a3b
zenmux	ZenMux	openai-chat	https://zenmux.ai/api/v1	ZENMUX_API_KEY	z-ai/glm-5.3-flash
zhipuai	Zhipu AI	openai-chat	https://open.bigmodel.cn/api/paas/v4	ZHIPU_API_KEY	glm-5.3-flashx
zhipuai-coding-plan	Zhipu AI Coding Plan	openai-chat	https://open.bigmodel.cn/api/coding/paas/v4	ZHIPU_API_KEY	glm-5.3-flash
`;
